/**
 * A Response whose bytes have all arrived. An ordinary one wraps a stream, and making and reading that costs as much as
 * a whole request. Like any Response it can be read once.
 */
export class HeldResponse extends Response {
  #bytes: Uint8Array<ArrayBuffer> | undefined

  constructor(bytes: Uint8Array<ArrayBuffer>, init: ResponseInit) {
    super(null, init)
    this.#bytes = bytes
  }

  override async text(): Promise<string> {
    return UTF8.decode(this.#take())
  }

  override async json(): Promise<unknown> {
    return JSON.parse(await this.text()) as unknown
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    return this.#streamed().arrayBuffer()
  }

  override async blob(): Promise<Blob> {
    return this.#streamed().blob()
  }

  override async formData(): Promise<FormData> {
    return this.#streamed().formData()
  }

  override clone(): HeldResponse {
    if (this.#bytes === undefined) throw new TypeError(READ)
    return new HeldResponse(this.#bytes, this)
  }

  #streamed(): Response {
    return new Response(this.#take(), this)
  }

  #take(): Uint8Array<ArrayBuffer> {
    const bytes = this.#bytes
    if (bytes === undefined) throw new TypeError(READ)
    this.#bytes = undefined
    return bytes
  }
}

const UTF8 = new TextDecoder()
const READ = 'the body has been read'
