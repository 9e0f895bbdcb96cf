/** Account aliases, role keys, IdP, rule and STS ids: what people type, and what stands in URLs and subjects. */
export const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/

/** `alias/role`. */
export const TARGET_NAME = /^[a-z0-9][a-z0-9-]{0,62}\/[a-z0-9][a-z0-9-]{0,62}$/
