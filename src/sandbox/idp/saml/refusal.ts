/** Why the demo IdP will not go on, in words for the person who sees them. */
export class SamlRefusal extends Error {
  override readonly name = 'SamlRefusal'
}
