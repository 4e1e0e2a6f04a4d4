/** Solvers and tools that are looked for on the host. The order is the order of lists. */

/** Where software lies that starts only when a variable says so. */
export interface SoftwareRoot {
  readonly variable: string;
  /** A file below the directory that is meant. */
  readonly marker: string;
  /** Where packages put it that keep it apart from their commands; directories above the command are looked at before. */
  readonly places: readonly string[];
}

export interface KnownSoftware {
  readonly code: string;
  readonly name: string;
  readonly category: string;
  readonly vendorName: string;
  readonly website: string;
  readonly description: string;
  /** Names of its command; the first one found on the PATH stands for it. */
  readonly commands: readonly string[];
  /** How the command is asked for its version; null where it has no safe way to tell. */
  readonly versionArgs: readonly string[] | null;
  /** The first group is the version. */
  readonly versionPattern: RegExp;
  /** Names of its environment modules, in small letters. */
  readonly modules: readonly string[];
  readonly root?: SoftwareRoot;
  readonly stdCommand?: string;
  readonly mpiCommand?: string;
  readonly smpCommand?: string;
}

const anyVersion = /(\d+(?:\.\d+)+)/;

export const knownSoftware: readonly KnownSoftware[] = [
  {
    code: 'openfoam',
    name: 'OpenFOAM',
    category: 'Fluid dynamics',
    vendorName: 'OpenFOAM',
    website: 'https://www.openfoam.com/',
    description: 'Solvers and tools for computational fluid dynamics.',
    commands: ['simpleFoam', 'foamRun', 'icoFoam'],
    versionArgs: ['-help'],
    // Debian's says `OpenFOAM- (1912)`.
    versionPattern: /OpenFOAM[- ]\s*\(?(v?\d[\w.]*)/,
    modules: ['openfoam', 'openfoam-org', 'openfoam-com'],
    root: { variable: 'WM_PROJECT_DIR', marker: 'etc/controlDict', places: ['/usr/share/openfoam'] },
    stdCommand: './Allrun',
    mpiCommand: 'mpirun -np <mpi-ranks> <job> -parallel',
  },
  {
    code: 'su2',
    name: 'SU2',
    category: 'Fluid dynamics',
    vendorName: 'SU2 Foundation',
    website: 'https://su2code.github.io/',
    description: 'Flow simulation and shape optimisation on unstructured meshes.',
    commands: ['SU2_CFD'],
    versionArgs: ['--help'],
    versionPattern: /(?:Release|SU2\s+v?)\s*(\d+(?:\.\d+)+)/,
    modules: ['su2'],
    stdCommand: 'SU2_CFD <job>',
    mpiCommand: 'mpirun -np <mpi-ranks> SU2_CFD <job>',
  },
  {
    code: 'calculix',
    name: 'CalculiX',
    category: 'Structures',
    vendorName: 'CalculiX',
    website: 'http://www.calculix.de/',
    description: 'Finite elements for structures, heat and contact.',
    commands: ['ccx', 'ccx_MT', 'ccx_i8'],
    versionArgs: ['-v'],
    versionPattern: /Version\s+(\d[\w.]*)/i,
    modules: ['calculix', 'ccx', 'calculix-ccx'],
    stdCommand: 'ccx <job>',
    smpCommand: 'OMP_NUM_THREADS=<smp-ranks> ccx <job>',
  },
  {
    code: 'code_aster',
    name: 'Code_Aster',
    category: 'Structures',
    vendorName: 'EDF',
    website: 'https://code-aster.org/',
    description: 'Structural and thermo-mechanical analysis.',
    commands: ['run_aster', 'as_run'],
    versionArgs: ['--version'],
    versionPattern: anyVersion,
    modules: ['code_aster', 'code-aster', 'codeaster', 'aster'],
    stdCommand: 'run_aster <job>',
  },
  {
    code: 'elmer',
    name: 'Elmer',
    category: 'Multiphysics',
    vendorName: 'CSC',
    website: 'https://www.elmerfem.org/',
    description: 'Finite elements for coupled physical problems.',
    commands: ['ElmerSolver'],
    versionArgs: ['--version'],
    versionPattern: /Version:?\s*v?(\d+(?:\.\d+)+)/i,
    modules: ['elmer', 'elmerfem'],
    stdCommand: 'ElmerSolver <job>',
    mpiCommand: 'mpirun -np <mpi-ranks> ElmerSolver_mpi <job>',
  },
  {
    code: 'fenics',
    name: 'FEniCS',
    category: 'Multiphysics',
    vendorName: 'FEniCS Project',
    website: 'https://fenicsproject.org/',
    description: 'Partial differential equations in Python, by finite elements.',
    commands: ['ffcx', 'dolfin-version', 'ffc'],
    versionArgs: ['--version'],
    versionPattern: anyVersion,
    modules: ['fenics', 'fenicsx', 'dolfinx', 'fenics-dolfinx'],
    stdCommand: 'python3 <job>',
    mpiCommand: 'mpirun -np <mpi-ranks> python3 <job>',
  },
  {
    code: 'lammps',
    name: 'LAMMPS',
    category: 'Molecular dynamics',
    vendorName: 'Sandia National Laboratories',
    website: 'https://www.lammps.org/',
    description: 'Molecular dynamics of solids, soft matter and coarse particles.',
    commands: ['lmp', 'lmp_mpi', 'lmp_serial', 'lammps'],
    versionArgs: ['-h'],
    versionPattern: /Simulator - (\d+ \w+ \d{4})/,
    modules: ['lammps'],
    stdCommand: 'lmp -in <job>',
    mpiCommand: 'mpirun -np <mpi-ranks> lmp -in <job>',
  },
  {
    code: 'gromacs',
    name: 'GROMACS',
    category: 'Molecular dynamics',
    vendorName: 'GROMACS',
    website: 'https://www.gromacs.org/',
    description: 'Molecular dynamics of proteins, lipids and nucleic acids.',
    commands: ['gmx', 'gmx_mpi'],
    versionArgs: ['--version'],
    versionPattern: /GROMACS version:\s+(?:VERSION )?(\S+)/,
    modules: ['gromacs'],
    stdCommand: 'gmx mdrun -s <job>',
    mpiCommand: 'mpirun -np <mpi-ranks> gmx_mpi mdrun -s <job>',
    smpCommand: 'gmx mdrun -nt <smp-ranks> -s <job>',
  },
  {
    code: 'nwchem',
    name: 'NWChem',
    category: 'Chemistry',
    vendorName: 'PNNL',
    website: 'https://nwchemgit.github.io/',
    description: 'Quantum chemistry of molecules and periodic systems.',
    commands: ['nwchem'],
    // It has no such option: every argument is an input to compute.
    versionArgs: null,
    versionPattern: anyVersion,
    modules: ['nwchem'],
    stdCommand: 'nwchem <job>',
    mpiCommand: 'mpirun -np <mpi-ranks> nwchem <job>',
  },
  {
    code: 'quantum_espresso',
    name: 'Quantum ESPRESSO',
    category: 'Chemistry',
    vendorName: 'Quantum ESPRESSO Foundation',
    website: 'https://www.quantum-espresso.org/',
    description: 'Electronic structure and materials at the nanoscale.',
    commands: ['pw.x'],
    // It tells its version at once and then ends for want of an input.
    versionArgs: [],
    versionPattern: /PWSCF v\.?\s*(\d[\w.]*)/,
    modules: ['quantumespresso', 'quantum-espresso', 'qe', 'espresso'],
    stdCommand: 'pw.x -in <job>',
    mpiCommand: 'mpirun -np <mpi-ranks> pw.x -in <job>',
  },
  {
    code: 'octave',
    name: 'GNU Octave',
    category: 'Languages',
    vendorName: 'GNU Project',
    website: 'https://octave.org/',
    description: 'Numerical computing, largely compatible with MATLAB scripts.',
    commands: ['octave-cli', 'octave'],
    versionArgs: ['--version'],
    versionPattern: /version (\d[\w.]*)/,
    modules: ['octave'],
    stdCommand: 'octave-cli <job>',
  },
  {
    code: 'r',
    name: 'R',
    category: 'Languages',
    vendorName: 'R Foundation',
    website: 'https://www.r-project.org/',
    description: 'Statistical computing.',
    commands: ['Rscript'],
    versionArgs: ['--version'],
    versionPattern: /version (\d[\w.]*)/,
    modules: ['r'],
    stdCommand: 'Rscript <job>',
  },
  {
    code: 'julia',
    name: 'Julia',
    category: 'Languages',
    vendorName: 'Julia',
    website: 'https://julialang.org/',
    description: 'A language for fast numerical work.',
    commands: ['julia'],
    versionArgs: ['--version'],
    versionPattern: /version (\d[\w.+-]*)/,
    modules: ['julia'],
    stdCommand: 'julia <job>',
    smpCommand: 'julia --threads <smp-ranks> <job>',
  },
  {
    code: 'gmsh',
    name: 'Gmsh',
    category: 'Meshing',
    vendorName: 'Gmsh',
    website: 'https://gmsh.info/',
    description: 'Finite element meshes from geometry.',
    commands: ['gmsh'],
    versionArgs: ['--version'],
    versionPattern: anyVersion,
    modules: ['gmsh'],
    stdCommand: 'gmsh -3 <job>',
    smpCommand: 'gmsh -3 -nt <smp-ranks> <job>',
  },
  {
    code: 'paraview',
    name: 'ParaView',
    category: 'Visualization',
    vendorName: 'Kitware',
    website: 'https://www.paraview.org/',
    description: 'Pictures and data from results, by script.',
    commands: ['pvbatch'],
    versionArgs: ['--version'],
    versionPattern: anyVersion,
    modules: ['paraview'],
    stdCommand: 'pvbatch <job>',
    mpiCommand: 'mpirun -np <mpi-ranks> pvbatch <job>',
  },
  {
    code: 'mpi',
    name: 'MPI',
    category: 'Utilities',
    vendorName: 'MPI Forum',
    website: 'https://www.mpi-forum.org/',
    description: 'Starts programs on many cores: the mpirun of this host.',
    commands: ['mpirun'],
    versionArgs: ['--version'],
    versionPattern: anyVersion,
    modules: ['openmpi', 'mpich', 'mvapich2', 'impi'],
    stdCommand: 'mpirun -np <mpi-ranks> <job>',
    mpiCommand: 'mpirun -np <mpi-ranks> <job>',
  },
  {
    code: 'ffmpeg',
    name: 'FFmpeg',
    category: 'Utilities',
    vendorName: 'FFmpeg',
    website: 'https://ffmpeg.org/',
    description: 'Converts pictures, films and sound.',
    commands: ['ffmpeg'],
    versionArgs: ['-version'],
    versionPattern: /version n?(\d[\w.]*)/,
    modules: ['ffmpeg'],
    stdCommand: 'ffmpeg -i <job>',
    smpCommand: 'ffmpeg -threads <smp-ranks> -i <job>',
  },
];
