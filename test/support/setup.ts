/** What every test file leaves behind is cleared when it is done. */
import { afterAll } from 'vitest';
import { removeFolders } from './folder.js';
import { endProcesses } from './processes.js';

afterAll(async () => {
  await endProcesses();
  removeFolders();
});
