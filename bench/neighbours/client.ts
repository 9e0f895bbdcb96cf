/** Who the gateway and its peers are at the minimal OP, which believes anybody. */
export const CLIENT = { id: 'bench', secret: 'bench-secret-of-no-use-elsewhere' }
