// Gives every <pre data-copy> a copy button. It says "Copied" only when that is true.

const status = document.createElement('p')
status.className = 'hidden'
status.setAttribute('role', 'status')
document.body.append(status)

for (const pre of document.querySelectorAll('pre[data-copy]')) {
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'button plain small copy'
  say(button, pre, 'Copy')
  button.addEventListener('click', () => copy(pre, button))
  pre.before(button)
}

async function copy(pre, button) {
  try {
    await navigator.clipboard.writeText(pre.textContent)
    announce(pre, button, 'Copied')
  } catch {
    getSelection().selectAllChildren(pre)
    pre.focus()
    announce(pre, button, 'Selected: copy with the keyboard')
  }
}

function announce(pre, button, words) {
  say(button, pre, words)
  status.textContent = words
  setTimeout(() => {
    say(button, pre, 'Copy')
    status.textContent = ''
  }, 4000)
}

function say(button, pre, words) {
  button.textContent = words
  button.setAttribute('aria-label', `${words}: ${pre.getAttribute('aria-label')}`)
}
