// The terminal's link carries the code in its fragment, which no server ever sees. Puts it into the field
// and out of the address. Never submits: the person compares the codes first.

const field = document.getElementById('user-code')

function takeCode() {
  if (!location.hash) return
  const code = location.hash.slice(1).replace(/^user_code=/, '')
  history.replaceState(null, '', location.pathname + location.search)
  if (/^[A-Za-z]{4}-?[A-Za-z]{4}$/.test(code)) {
    field.value = code.toUpperCase()
    document.getElementById('device-filled').hidden = false
  }
}

takeCode()
// The link opened once more in this tab, after a sign-in: a new fragment loads no page.
addEventListener('hashchange', takeCode)
