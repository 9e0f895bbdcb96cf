import type { YAMLError } from 'yaml'

/** Quotes the key only if it is a plain name: anything else may be a secret. */
export function sayTwice(offset: number, text: string): string {
  const [key] = /^[A-Za-z0-9_."'-]{1,64}/.exec(text.slice(offset, offset + 64)) ?? []
  return key === undefined
    ? 'this key stands twice'
    : `the key "${key.replace(/^["']|["']$/g, '')}" stands twice in one mapping`
}

/** The YAML library's complaint without the text it quotes, which may be a secret. In our words where it is frequent. */
export function sayYaml({ code, message, pos }: YAMLError, text: string): string {
  if (code === 'BAD_INDENT' && /^ *\t/.test(text.slice(pos[0]))) return YAML_WORDS.get('TAB_AS_INDENT') ?? message
  const words = MESSAGE_WORDS.find(([known]) => known.test(message))?.[1] ?? YAML_WORDS.get(code)
  return words ?? message.replace(/: ".*$/s, '')
}

const YAML_WORDS = new Map<YAMLError['code'], string>([
  ['MULTIPLE_DOCS', 'a second document begins here; the file holds one'],
  ['TAB_AS_INDENT', 'a tab indents here; YAML takes spaces only'],
  ['NON_STRING_KEY', 'a key must be text'],
  ['BAD_DIRECTIVE', 'a line that begins with % is for YAML itself, and the file needs none: remove it'],
  ['BAD_DQ_ESCAPE', 'a backslash means something else between double quotes; put the text in single quotes'],
  ['BAD_INDENT', 'is indented unlike its neighbours: the items of one mapping or list begin in one column'],
  ['BAD_SCALAR_START', 'a value cannot begin with this sign; put it in quotes'],
  ['BLOCK_IN_FLOW', 'a comma is missing before this, or the text needs quotes'],
  ['MULTILINE_IMPLICIT_KEY', 'a key and its ":" are expected here, with a space after the ":"'],
  ['BLOCK_AS_IMPLICIT_KEY', 'a key cannot begin here: look for a missing quote or a wrong indentation just above'],
  ['TAG_RESOLVE_FAILED', 'a value takes no tag (!…) here; remove it'],
])

/** One code of the library stands for several mistakes. */
const MESSAGE_WORDS: readonly (readonly [RegExp, string])[] = [
  [/^Missing closing .quote/, 'a quote is opened and not closed'],
  [/\bend with a \}$/, 'a { is opened above and not closed before here'],
  [/\bend with a \]$/, 'a [ is opened above and not closed before here'],
  [/^Sequence item without - indicator/, 'is indented unlike its neighbours, or an item lacks its "-"'],
]
