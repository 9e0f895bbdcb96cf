/** One section as the SDKs' own readers see it; a key of a nested group is `sso.endpoint_url`. */
export type ConfigSection = {
  readonly kind: 'profile' | 'sso-session' | 'services' | 'other'
  readonly name: string
  readonly keys: ReadonlyMap<string, string>
}

/**
 * Reads a config or credentials file as generously as the most generous SDK: what one of them might take for a section
 * counts as one. It is for finding what stands in our way, not for acting on.
 */
export function readSections(text: string): readonly ConfigSection[] {
  const sections: (ConfigSection & { readonly keys: Map<string, string> })[] = []
  let parent = ''
  for (const line of text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)) {
    const bare = line.trim()
    const heading = /^\[([^\]]+)\]/.exec(bare)?.[1]
    if (bare === '' || /^[#;]/.test(bare)) continue
    if (heading !== undefined) {
      sections.push({ ...headingOf(heading.trim()), keys: new Map() })
      parent = ''
      continue
    }
    const [, key = '', value = ''] = /^([^=:\s]+)\s*[=:]\s*(.*)$/.exec(bare) ?? []
    if (key === '') continue
    const nested = /^\s/.test(line) && parent !== ''
    sections.at(-1)?.keys.set((nested ? `${parent}.${key}` : key).toLowerCase(), value)
    if (!nested) parent = value === '' ? key : ''
  }
  return sections
}

function headingOf(heading: string): Pick<ConfigSection, 'kind' | 'name'> {
  const [, kind = '', name = ''] = /^(profile|sso-session|services)\s+(.+)$/.exec(heading) ?? []
  const bare = name.replace(/^(["'])(.*)\1$/, '$2').trim()
  return kind === '' ? { kind: 'other', name: heading } : { kind: kind as ConfigSection['kind'], name: bare }
}
