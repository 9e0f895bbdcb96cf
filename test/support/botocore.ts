import { execFileSync } from 'node:child_process'

/** A Python of this machine that has botocore. */
export type Botocore = { readonly python: string; readonly version: string; readonly minor: number }

/** The first Python of the path, and Debian's own (whose botocore is of 2022): one for each botocore there is. */
export const BOTOCORES: readonly Botocore[] = ['python3', '/usr/bin/python3']
  .flatMap((python): Botocore[] => {
    try {
      const version = execFileSync(python, ['-c', 'import botocore; print(botocore.__version__)'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim()
      return [{ python, version, minor: Number(version.split('.')[1]) }]
    } catch {
      return []
    }
  })
  .filter(({ version }, index, all) => all.findIndex((other) => other.version === version) === index)

/** Reads `services` and the endpoints in it: aws.md §1.3. */
export const KNOWS_SERVICES = 31
/** Reads AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE. */
const KNOWS_TOKEN_FILE = 34

const since = (minor: number) => BOTOCORES.find((botocore) => botocore.minor >= minor)

export const botocoreWithServices = since(KNOWS_SERVICES)
export const botocoreWithTokenFile = since(KNOWS_TOKEN_FILE)

/** Why a test must do without, or undefined. */
export const withoutBotocore = (found: Botocore | undefined): string | undefined =>
  found === undefined ? 'no botocore, or an old one, on this machine: pip install botocore' : undefined
