import type { GroupStatement } from './principal.ts'

/** From four fifths of what their IdP sends at most: a few more groups, and somebody's list is cut. */
export const nearsLimit = ({ names, most }: GroupStatement): boolean =>
  most !== undefined && names.length * 5 >= most * 4
