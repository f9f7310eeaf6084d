/** Sockets whose bytes a COPY takes past the driver. */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

const readBytes = 1 << 18;

/** Reads into one buffer again and again: 100 MB of a COPY in new ones would wait for the garbage collector. */
export class ReusingSocket extends Socket {
  /** Gets what arrives instead of the listeners of `data`; the bytes are the socket's again when it returns. */
  tap: ((bytes: Buffer) => void) | undefined;

  constructor() {
    const buffer = Buffer.allocUnsafeSlow(readBytes);
    super({
      onread: { buffer, callback: (length: number) => this.arrived(buffer.subarray(0, length)) },
    } as object);
  }

  private arrived(bytes: Buffer): boolean {
    if (this.tap !== undefined) this.tap(bytes);
    else this.emit('data', Buffer.from(bytes));
    return true;
  }
}

export interface Tapped {
  /** Hands bytes to the driver, which may keep them. */
  pass: (bytes: Buffer) => void;
  /** From here on everything goes to the driver again. */
  release: () => void;
}

/**
 * Puts `take` between a connected socket and the driver, its one listener. What `take` is given may be overwritten,
 * and by the socket after `take` has returned; to keep it longer, pause the socket.
 */
export function tapSocket(socket: Duplex, take: (bytes: Buffer) => void): Tapped {
  const [driver] = socket.listeners('data') as ((bytes: Buffer) => void)[];
  const pass = (bytes: Buffer) => driver!.call(socket, bytes);
  if (socket instanceof ReusingSocket) {
    socket.tap = take;
    return {
      pass,
      release: () => {
        socket.tap = undefined;
      },
    };
  }
  // TLS: what arrives has been decrypted into memory of its own.
  socket.on('data', take);
  socket.off('data', driver!);
  return {
    pass,
    release: () => {
      socket.on('data', driver!);
      socket.off('data', take);
    },
  };
}
