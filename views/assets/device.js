// The terminal's link carries the code in its fragment, which no server ever sees. Puts it into the field
// and out of the address. Never submits: the person compares the codes first.

const field = document.getElementById('user-code')

function takeCode() {
  if (!location.hash) return
  // A link opened on one of the pages that follow: the address is the form's, and only its fragment is new.
  if (!field) return location.replace(`${location.pathname}?${location.hash}`)
  const code = location.hash.slice(1).replace(/^user_code=/, '')
  history.replaceState(null, '', location.pathname)
  if (/^[A-Za-z]{4}-?[A-Za-z]{4}$/.test(code)) {
    field.value = code.toUpperCase()
    document.getElementById('device-filled').hidden = false
  }
}

takeCode()
addEventListener('hashchange', takeCode)
