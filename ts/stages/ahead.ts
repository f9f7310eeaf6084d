/** What a command begins before its stage is loaded. */
export { beginCompiling } from '../kernels/compile.js';
