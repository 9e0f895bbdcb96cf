import type samlify from 'samlify'

/** The demo alone has a use for it here, and only when somebody signs in: it is loaded then. */
export const loadSamlify = async (): Promise<typeof samlify> => (await import('samlify')).default
