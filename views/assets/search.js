// `/` goes to the search field. Where the page holds everything, it is filtered as people type, Escape empties the field and
// Enter opens the first role found; otherwise Enter asks the gateway, as it does without this script.

const form = document.getElementById('search')
const field = document.getElementById('search-field')
const found = document.getElementById('search-found')

document.addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return
  if (event.target.closest('input, select, textarea')) return
  event.preventDefault()
  field.select()
})
// A phone has no such key.
if (found.textContent === '' && matchMedia('(hover: hover) and (pointer: fine)').matches)
  found.textContent = 'Press / to search.'
if ('whole' in form.dataset) filterHere()

function filterHere() {
  const hint = found.textContent
  const accounts = [...document.querySelectorAll('.account')].map((element) => ({
    element,
    roles: [...element.querySelectorAll('.roles > li')].map((role) => ({
      element: role,
      text: textOf(element.dataset.tags, element.querySelector('.account-head').textContent, role.textContent),
    })),
  }))

  document.getElementById('search-button').hidden = true
  field.addEventListener('input', filter)
  field.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return
    field.value = ''
    filter()
  })
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    if (field.value.trim()) document.querySelector('.roles > :not([hidden]) > a')?.click()
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
        list.hidden = !list.querySelector(':scope > :not([hidden])')
      account.element.hidden = here === 0
      roles += here
      if (here > 0) shown += 1
    }
    found.textContent =
      words.length === 0
        ? hint
        : roles === 0
          ? 'Nothing found.'
          : `${count(roles, 'role')} in ${count(shown, 'account')}`
  }
}

function textOf(...texts) {
  return texts.join(' ').replace(/\s+/g, ' ').toLowerCase()
}

function count(n, word) {
  return `${n} ${word}${n === 1 ? '' : 's'}`
}
