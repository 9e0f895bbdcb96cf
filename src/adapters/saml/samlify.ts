// samlify is CommonJS: only a static default import has its names under every loader. Loaded lazily, by importing this file.
import samlify from 'samlify'

export { samlify }
