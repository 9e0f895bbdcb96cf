// Tells the server which zone the reader's clock is in, for roles that are lent until a time of day.

const { timeZone } = new Intl.DateTimeFormat().resolvedOptions()

if (timeZone) {
  for (const field of document.querySelectorAll('input[name="time_zone"]')) field.value = timeZone
  for (const option of document.querySelectorAll('select[name="seconds"] option[value=""]'))
    option.textContent = option.textContent.replace(/\(.*\)/, `(${timeZone})`)
}
