// One read buffer for every socket of the generator: a read and its callback happen in one turn,
// so no two sockets ever hold it at once.

const READ_BYTES = 256 * 1024;

export const READ_BUFFER = Buffer.allocUnsafe(READ_BYTES);
