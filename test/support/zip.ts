/** Zip archives for tests, written from the format's description: enough to be read, and to be wrong on purpose. */
import { crc32, deflateRawSync } from 'node:zlib';

interface How {
  /** A wrong checksum. */
  crc?: number;
  /** The members are said to be encrypted. */
  encrypted?: boolean;
  /** Sizes and places are where archives beyond 4 GiB have them. */
  zip64?: boolean;
  /** The members are not compressed. */
  stored?: boolean;
}

/** An archive of deflated members. */
export function zipOf(members: Record<string, string>, how: How = {}): Uint8Array {
  const [parts, directory]: [Buffer[], Buffer[]] = [[], []];
  let offset = 0;
  for (const [name, text] of Object.entries(members)) {
    const data = Buffer.from(text);
    const packed = how.stored ? data : deflateRawSync(data);
    const extra = how.zip64 ? wideSizes(data.length, packed.length, offset) : Buffer.alloc(0);
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(how.zip64 ? 45 : 20, 0);
    shared.writeUInt16LE(0x800 | (how.encrypted ? 1 : 0), 2);
    shared.writeUInt16LE(how.stored ? 0 : 8, 4);
    shared.writeUInt32LE(how.crc ?? crc32(data), 10);
    shared.writeUInt32LE(how.zip64 ? elsewhere : packed.length, 14);
    shared.writeUInt32LE(how.zip64 ? elsewhere : data.length, 18);
    shared.writeUInt16LE(Buffer.byteLength(name), 22);
    shared.writeUInt16LE(extra.length, 24);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), shared, Buffer.from(name), extra, packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(how.zip64 ? elsewhere : offset, 10);
    const entry = [Buffer.from('PK\x01\x02\x14\x00'), shared, rest, Buffer.from(name), extra];
    directory.push(Buffer.concat(entry));
    parts.push(local);
    offset += local.length;
  }
  const listing = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(directory.length, 4);
  end.writeUInt16LE(directory.length, 6);
  end.writeUInt32LE(listing.length, 8);
  end.writeUInt32LE(how.zip64 ? elsewhere : offset, 12);
  const wide = how.zip64 ? wideEnd(directory.length, listing.length, offset) : Buffer.alloc(0);
  return new Uint8Array(Buffer.concat([...parts, listing, wide, Buffer.from('PK\x05\x06'), end]));
}

/** A number of 32 bits that stands elsewhere with 64. */
const elsewhere = 0xffffffff;

/** The field of a member's sizes and place. */
function wideSizes(size: number, packed: number, offset: number): Buffer {
  const field = Buffer.alloc(28);
  field.writeUInt16LE(1, 0);
  field.writeUInt16LE(24, 2);
  [size, packed, offset].forEach((number, i) => {
    field.writeBigUInt64LE(BigInt(number), 4 + 8 * i);
  });
  return field;
}

/** The end of the directory with wide numbers, and where it is. */
function wideEnd(entries: number, length: number, offset: number): Buffer {
  const record = Buffer.alloc(56);
  record.write('PK\x06\x06', 'latin1');
  record.writeBigUInt64LE(44n, 4);
  record.writeUInt16LE(45, 12);
  record.writeUInt16LE(45, 14);
  [entries, entries, length, offset].forEach((number, i) => {
    record.writeBigUInt64LE(BigInt(number), 24 + 8 * i);
  });
  const locator = Buffer.alloc(20);
  locator.write('PK\x06\x07', 'latin1');
  locator.writeBigUInt64LE(BigInt(offset + length), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([record, locator]);
}
