import type { GroupStatement } from './principal.ts'

/** True from four fifths of the most their IdP sends: a few more groups, and the list will be cut. */
export const nearsLimit = ({ names, most }: GroupStatement): boolean =>
  most !== undefined && names.length * 5 >= most * 4
