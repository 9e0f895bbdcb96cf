import type { Config } from '../config/config.ts'
import { oldestOf } from '../domain/device/closing.ts'

/** How long sign-ins last, in the browser and in terminals, by what the file says. */
export function lifetimesOf({ sessions: { browser, cli, oldestGroups } }: Pick<Config, 'sessions'>) {
  // Once its groups are too old for any decision, a sign-in is over (threats.md I7).
  const oldestGroupsSeconds = oldestOf(oldestGroups)
  const absoluteSeconds = Math.min(browser.absoluteSeconds, oldestGroupsSeconds)
  return {
    browser: { ...browser, absoluteSeconds },
    // A terminal lives as long as its sign-in may be renewed; one that began with a code, no longer than `device.max` (threats.md D4).
    mostSeconds: { pkce: cli.refreshSeconds, device: Math.min(cli.device.maxSeconds, cli.refreshSeconds) },
    oldestGroupsSeconds,
  }
}
