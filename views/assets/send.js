// The page's one form goes on by itself; its button is for browsers without JavaScript.
document.querySelector('form[data-send]')?.requestSubmit()
