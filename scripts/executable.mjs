/** tsc writes plain files; the program is one that can be run. */
import { chmodSync } from 'node:fs'

chmodSync('dist/main.js', 0o755)
