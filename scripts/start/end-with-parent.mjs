/**
 * Loaded into the server by server.mjs. The server runs in a process group of its own, so nobody would end it if its
 * parent were killed, and it would keep its port with no database behind it.
 */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
// Listening alone must not keep the server alive when it is done.
process.channel?.unref()
