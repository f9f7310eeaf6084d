/** One line of the report. */
import type { Settings } from '../../config/fields.js';
import type { ErrorCode, HybridError } from '../../error.js';
import type { ConnectionSettings } from '../../io/postgres/address.js';
import type { MappingSettings } from '../../io/postgres/sources.js';

export type DoctorConfig = ConnectionSettings &
  MappingSettings &
  Pick<Settings, 'symbols' | 'from' | 'to' | 'streams' | 'raw' | 'rawCompression'>;

export interface Check {
  /** What was looked at. */
  name: string;
  status: 'ok' | 'warn' | 'fail';
  message: string;
  /** What to mend. */
  hint?: string;
  /** Of a failure, as an error would have it. */
  code?: ErrorCode;
}

export function ok(name: string, message: string): Check {
  return { name, status: 'ok', message };
}

export function warning(name: string, message: string, hint: string): Check {
  return { name, status: 'warn', message, hint };
}

export function failure(name: string, error: HybridError): Check {
  const { code, message, hint = '' } = error;
  return { name, status: 'fail', message, hint, code };
}
