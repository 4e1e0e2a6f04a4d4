import { dirname } from 'node:path';
import { type AnalysisTable, analysisTable } from '../site/schema.ts';
import type { PythonShim } from './python.ts';

/** The Node that runs the server. */
export interface NodeInstallation {
  readonly execPath: string;
  readonly version: string;
  /** What the sandbox has to show. */
  readonly visiblePaths: readonly string[];
}

export interface BuiltInSources {
  /** Null where the host has no Python. */
  readonly python: PythonShim | null;
  readonly node: NodeInstallation;
}

/** Analyses that every platform offers; public job definitions and tutorials name their codes and versions. */
export function builtInAnalyses({ python, node }: BuiltInSources): AnalysisTable[] {
  const nodeDirectory = dirname(node.execPath);
  return [
    {
      code: 'user_included',
      name: 'Bring Your Own Software',
      category: 'Utilities',
      description: 'Runs your command with the programs that you bring as input files and those of the host.',
      vendorName: 'Quarry',
      version: [{ code: '0', name: 'CPU' }],
    },
    {
      code: 'user_included_mpi',
      name: 'Bring Your Own Software (MPI)',
      category: 'Utilities',
      description: 'Runs your own MPI program; the host or a module has to offer mpirun.',
      vendorName: 'Quarry',
      version: [
        {
          code: '0',
          name: 'MPI',
          stdCommand: 'mpirun -np <mpi-ranks> <job>',
          mpiCommand: 'mpirun -np <mpi-ranks> <job>',
        },
      ],
    },
    {
      code: 'custom',
      name: 'Custom Command',
      category: 'Utilities',
      description: 'The same as Bring Your Own Software, under the code that some job definitions use.',
      vendorName: 'Quarry',
      version: [{ code: '0', name: 'CPU' }],
    },
    {
      code: 'miniconda',
      name: 'Miniconda',
      category: 'Languages',
      description: python
        ? 'Python: the commands <code>python</code> and <code>python3</code> of this host.'
        : 'Python. This host has none yet.',
      vendorName: 'Python Software Foundation',
      website: 'https://www.python.org/',
      version: [
        {
          code: '4.8.4',
          stdCommand: 'python <job>',
          ...(python
            ? { searchPath: [python.directory], visiblePaths: [...python.visiblePaths] }
            : {
                unavailableReason:
                  'This host has no python3: install it (Debian: apt install python3) and start the server again.',
              }),
        },
      ],
    },
    {
      code: 'nodejs',
      name: 'Node.js',
      category: 'Languages',
      description: 'JavaScript and TypeScript: the <code>node</code> that runs this platform.',
      vendorName: 'OpenJS Foundation',
      website: 'https://nodejs.org/',
      version: [
        {
          code: node.version.replace(/^v/, ''),
          stdCommand: 'node <job>',
          searchPath: [nodeDirectory],
          visiblePaths: [...node.visiblePaths],
        },
      ],
    },
  ].map((table) => analysisTable.parse(table));
}
