/** The public entry of the package: `startPortcullis(config)`. */
export { startPortcullis, type Portcullis, type StartOptions } from './portcullis.js'
export { parseConfig, type Config } from './config.js'
