// Filters the portal as people type. `/` goes to the field, Escape empties it, Enter opens the first role found.

const field = document.getElementById('search-field')
const found = document.getElementById('search-found')
const hint = found.textContent
const accounts = [...document.querySelectorAll('.account')].map((element) => ({
  element,
  roles: [...element.querySelectorAll('.role')].map((role) => ({
    element: role,
    text: textOf(element.querySelector('.account-head'), role),
  })),
}))

document.getElementById('search').hidden = false
field.addEventListener('input', filter)
field.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') {
    field.value = ''
    filter()
  }
  if (event.key === 'Enter' && field.value.trim()) document.querySelector('.role:not([hidden]) a')?.click()
})
document.addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return
  if (event.target.closest('input, select, textarea')) return
  event.preventDefault()
  field.select()
})
filter()

function filter() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean)
  let roles = 0
  let shown = 0
  for (const account of accounts) {
    let here = 0
    for (const role of account.roles) {
      role.element.hidden = !words.every((word) => role.text.includes(word))
      if (!role.element.hidden) here += 1
    }
    for (const list of account.element.querySelectorAll('.roles'))
      list.hidden = !list.querySelector('.role:not([hidden])')
    account.element.hidden = here === 0
    roles += here
    if (here > 0) shown += 1
  }
  found.textContent =
    words.length === 0 ? hint : roles === 0 ? 'Nothing found.' : `${count(roles, 'role')} in ${count(shown, 'account')}`
}

function textOf(...elements) {
  return elements
    .map((element) => element.textContent)
    .join(' ')
    .replace(/\s+/g, ' ')
    .toLowerCase()
}

function count(n, word) {
  return `${n} ${word}${n === 1 ? '' : 's'}`
}
