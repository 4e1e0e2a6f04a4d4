/**
 * `main.ts <cluster.json>` executes the runs of a cluster; `main.ts --hold <holder.json>` holds a persistent cluster and
 * executes the jobs on it; `main.ts --reap <clusterId>` kills what an agent that died left
 * behind, and ends when that is gone; `main.ts --salvage <cluster.json>` collects what its runs had written, too. Whoever
 * starts it names a compile cache (`NODE_COMPILE_CACHE`) that nobody else can write to: start-up time is latency.
 */
const [first, second] = process.argv.slice(2);
if (first === '--reap' && second !== undefined) {
  const { endCluster } = await import('./process/leftovers.ts');
  process.stdout.write(`${JSON.stringify({ killed: await endCluster(second) })}\n`);
} else if (first === '--salvage' && second !== undefined) {
  const { salvageCluster } = await import('./salvage.ts');
  await salvageCluster(second);
  process.exit();
} else if (first === '--hold' && second !== undefined) {
  const { holdCluster } = await import('./holder/holder.ts');
  await holdCluster(second);
  process.exit();
} else if (first !== undefined && !first.startsWith('-') && second === undefined) {
  const { runAgent } = await import('./agent.ts');
  await runAgent(first);
  // An agent that has left is gone, whatever a fault may have kept going.
  process.exit();
} else {
  process.stderr.write(
    'Usage: main.ts <cluster.json>, main.ts --hold <holder.json>, main.ts --reap <clusterId>, or main.ts --salvage <cluster.json>\n',
  );
  process.exitCode = 2;
}
