let addresses = 0

/** Everybody comes from an address of their own, or the limits for one address would stop the bench. */
export function newAddress(): string {
  addresses += 1
  return `10.${(addresses >> 16) & 255}.${(addresses >> 8) & 255}.${addresses & 255}`
}
