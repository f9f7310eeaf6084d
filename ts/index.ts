/** Library use: `import { … } from 'hybrid'`. */
export { type ErrorCode, HybridError } from './error.js';
