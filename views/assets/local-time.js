// Turns the server's UTC into the reader's own time, and says how far off it is where data-distance asks.

const hour = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const day = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short' })
const times = [...document.querySelectorAll('time[datetime]')]

for (const time of times) time.title = time.textContent
show()
setInterval(show, 15_000)

function show() {
  const now = new Date()
  for (const time of times) {
    const at = new Date(time.dateTime)
    const today = at.toDateString() === now.toDateString()
    const words = today ? hour.format(at) : `${day.format(at)}, ${hour.format(at)}`
    const text = 'distance' in time.dataset ? `${words} (${distance(at - now)})` : words
    if (time.textContent !== text) time.textContent = text
  }
}

function distance(milliseconds) {
  const minutes = Math.round(Math.abs(milliseconds) / 60_000)
  const hours = Math.floor(minutes / 60)
  const length = [hours && `${hours} h`, (minutes % 60 || !hours) && `${minutes % 60} min`].filter(Boolean).join(' ')
  return milliseconds < 0 ? `${length} ago` : `in ${length}`
}
