import { json, type RequestHandler } from 'express'
import { RolegateError } from '../domain/errors.ts'

const requireJson: RequestHandler = (req, _res, next) => {
  if (!req.is('application/json')) throw new RolegateError('unsupported_media_type')
  next()
}

/** Reads a small JSON body as it comes; every other type is refused. */
export const jsonBody = (): RequestHandler[] => [requireJson, json({ limit: '16kb', inflate: false })]
