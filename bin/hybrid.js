#!/usr/bin/env node
// Loading takes a moment: a signal in it ends the process as one later does.
const leave = () => process.exit(130);
for (const name of ['SIGINT', 'SIGTERM']) process.on(name, leave);
const { main } = await import('../dist/cli/main.js');
for (const name of ['SIGINT', 'SIGTERM']) process.off(name, leave);

process.exitCode = await main(process.argv.slice(2));
