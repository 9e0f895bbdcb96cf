import { Eta } from 'eta'

/** Express's view engine over Eta: escaping on, templates from views/ and nowhere else. */
export function makeViewEngine(views: string) {
  const eta = new Eta({ views, cache: true, autoEscape: true })
  return (path: string, model: object, done: (failure: unknown, html?: string) => void) => {
    try {
      done(null, eta.render(path.slice(views.length).replace(/\.eta$/, ''), model))
    } catch (failure) {
      done(failure)
    }
  }
}
