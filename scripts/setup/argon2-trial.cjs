/**
 * Started by argon2.mjs with the folder of an argon2 package; ends with 0 if that one works. In a process of its own,
 * because a binary for another machine does not throw, it crashes.
 */
const argon2 = require(process.argv[2] ?? '')

// argon2id, m=256, t=2, p=1, from the reference implementation's own tests (test.c).
const known = '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'

void argon2.verify(known, 'password').then((/** @type {boolean} */ isRight) => process.exit(isRight ? 0 : 1))
