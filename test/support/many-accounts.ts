/**
 * Changes the demo's file so that Alice, a platform engineer, has so many accounts more: `team-001` and on, two roles in
 * each, every fourth a production account.
 */
export const withManyAccounts =
  (count: number) =>
  (text: string): string =>
    text
      .replace(
        '\naccounts:\n',
        `\naccounts:\n${Array.from({ length: count }, (_, at) => accountLine(at + 1)).join('')}`,
      )
      .replace(
        '\nrules:\n',
        '\nrules:\n  - id: many\n    match: { idp: demo, group: platform-engineers }\n' +
          '    grant: { accounts: "tag:many", roles: [readonly, developer] }\n',
      )

const accountLine = (number: number): string => {
  const three = String(number).padStart(3, '0')
  const env = number % 4 === 0 ? 'prod' : 'dev'
  const tags = number % 10 === 0 ? '[many, tenth]' : '[many]'
  return `  team-${three}: { id: "444400000${three}", name: Team ${three}, env: ${env}, tags: ${tags} }\n`
}
