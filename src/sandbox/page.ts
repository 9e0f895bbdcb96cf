import type { Answer } from './exchange.ts'

/** Text that HTML escaping has been done to. */
export type Html = { readonly html: string }

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '')

/** A template whose every value is escaped, unless it is Html already. */
export function html(
  texts: TemplateStringsArray,
  ...values: readonly (string | number | Html | readonly Html[])[]
): Html {
  const pieces = values.map((value) => {
    if (typeof value === 'string' || typeof value === 'number') return escaped(String(value))
    return 'html' in value ? value.html : value.map((item) => item.html).join('')
  })
  return { html: texts.map((text, index) => text + (pieces[index] ?? '')).join('') }
}

export type Page = {
  readonly title: string
  readonly stylesheet: string
  readonly body: Html
  readonly status?: number
  /** Origins beside our own that a form's chain of redirects may lead to: Chromium checks each hop. */
  readonly formAction?: string
}

/** One page of the demo world: the DEMO banner, no script, nothing inline. */
export function page({ title, stylesheet, body, status = 200, formAction = "'none'" }: Page): Answer {
  const document = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · DEMO</title>
        <link rel="stylesheet" href="${stylesheet}" />
      </head>
      <body>
        <p class="banner" role="note"><strong>DEMO</strong> Nothing here is AWS, and nothing here is real.</p>
        <main>${body}</main>
      </body>
    </html> `
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action ${formAction}`,
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
    body: document.html,
  }
}

/** The stylesheet of both, the console and the sign-in form; each serves it from its own origin. */
export const stylesheet = (): Answer => ({
  status: 200,
  headers: { 'content-type': 'text/css; charset=utf-8', 'x-content-type-options': 'nosniff' },
  body: STYLES,
})

const STYLES = `:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --sheet: #fff; --ink: #17202b; --quiet: #556272; --line: #d5dbe3; --accent: #0b5cad; --on-accent: #fff; --warn: #a3341c;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root { --ground: #10151b; --sheet: #19212a; --ink: #e8edf3; --quiet: #a2afbd; --line: #334050; --accent: #7db8f5; --on-accent: #0d1620; --warn: #ff9f87; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); }
.banner { margin: 0; padding: .5rem 1rem; background: #5b3a00; color: #fff3dc; text-align: center; font-size: .875rem; }
main { max-width: 40rem; margin: 1.5rem auto; padding: 1.25rem; background: var(--sheet); border: 1px solid var(--line); border-radius: 8px; }
h1 { margin: 0 0 .75rem; font-size: 1.375rem; line-height: 1.25; }
h2 { margin: 1.5rem 0 .5rem; font-size: 1rem; }
p { margin: 0 0 .75rem; }
.quiet { color: var(--quiet); }
.error { color: var(--warn); font-weight: 600; }
dl { display: grid; grid-template-columns: minmax(6rem, auto) 1fr; gap: .5rem 1rem; margin: 0 0 1rem; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
code { font: .9375em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
a { color: var(--accent); }
label { display: block; margin: 0 0 .25rem; font-weight: 600; }
input { display: block; width: 100%; margin: 0 0 .875rem; padding: .5rem .625rem; font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--quiet); border-radius: 6px; }
button { min-height: 44px; padding: .5rem 1.25rem; font: inherit; font-weight: 600; color: var(--on-accent); background: var(--accent); border: 1px solid transparent; border-radius: 6px; cursor: pointer; }
button.second { color: var(--accent); background: transparent; border-color: var(--line); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
ul.people { margin: 0; padding: 0; list-style: none; }
ul.people li { padding: .5rem 0; border-top: 1px solid var(--line); }
@media (max-width: 30rem) {
  main { margin: 0; border-width: 0 0 1px; border-radius: 0; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .625rem; }
}
`
