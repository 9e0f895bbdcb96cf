/** The words of SAML and XML security, spelled here once more: a test does not borrow them from what it tests. */
export const PROTOCOL = 'urn:oasis:names:tc:SAML:2.0:protocol'
export const ASSERTION = 'urn:oasis:names:tc:SAML:2.0:assertion'
export const DSIG = 'http://www.w3.org/2000/09/xmldsig#'
export const XENC = 'http://www.w3.org/2001/04/xmlenc#'
export const XENC11 = 'http://www.w3.org/2009/xmlenc11#'
export const XS = 'http://www.w3.org/2001/XMLSchema'
export const XSI = 'http://www.w3.org/2001/XMLSchema-instance'

export const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#'
export const EXCLUSIVE_WITH_COMMENTS = `${EXCLUSIVE}WithComments`
export const INCLUSIVE = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315'
export const ENVELOPED = `${DSIG}enveloped-signature`

export const RSA_SHA1 = `${DSIG}rsa-sha1`
export const RSA_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'
export const RSA_SHA384 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha384'
export const RSA_SHA512 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512'
export const SHA1 = `${DSIG}sha1`
export const SHA256 = `${XENC}sha256`
export const SHA384 = 'http://www.w3.org/2001/04/xmldsig-more#sha384'
export const SHA512 = `${XENC}sha512`

export const BEARER = 'urn:oasis:names:tc:SAML:2.0:cm:bearer'
export const PERSISTENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'
export const TRANSIENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient'
export const EMAIL = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress'
