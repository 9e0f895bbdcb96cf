/** threats.md R14 says `env: prod`; people also write the whole word. */
export const isProduction = (environment = ''): boolean => /^prod(?:uction)?$/i.test(environment)
