/**
 * Works out a text once for each object and remembers it. Accounts, kinds and people never change: a reload makes new
 * objects.
 */
export function onceEach<Thing extends object>(textOf: (thing: Thing) => string): (thing: Thing) => string {
  const before = new WeakMap<Thing, string>()
  return (thing) => {
    const known = before.get(thing) ?? textOf(thing)
    before.set(thing, known)
    return known
  }
}
