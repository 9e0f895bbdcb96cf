import { randomBytes } from 'node:crypto'
import { makeMemoryStore } from '../../../src/adapters/store/memory.ts'
import { makeSealedStore } from '../../../src/adapters/store/sealed.ts'
import { storeContract } from '../../support/store-contract.ts'

storeContract('the memory store', async (now) => {
  const store = makeMemoryStore({ now })
  return { first: store, second: store, close: () => store.close() }
})

storeContract('the memory store, sealed', async (now) => {
  const store = makeMemoryStore({ now })
  const keys = [randomBytes(32)]
  const sealed = () =>
    makeSealedStore({ store, keys, issuer: 'https://aws.example.com', onTampered: (table) => expectUntouched(table) })
  return { first: sealed(), second: sealed(), close: () => store.close() }
})

function expectUntouched(table: string): void {
  throw new Error(`an honest row of ${table} did not open`)
}
