/** What the minimal OP's codes mean. They carry everything, so that the browser's visit to the OP can be left out. */
export type CodeContent = { readonly nonce: string; readonly person: number; readonly groupCount: number }

export const codeFor = (content: CodeContent): string => Buffer.from(JSON.stringify(content)).toString('base64url')
export const readCode = (code: string): CodeContent =>
  JSON.parse(Buffer.from(code, 'base64url').toString()) as CodeContent
