import { fileURLToPath } from 'node:url'

/** The clone. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '')

/** Notes on what was set up for this machine; inside node_modules, so that a new install forgets them. */
export const notes = `${root}/node_modules/.portcullis`
