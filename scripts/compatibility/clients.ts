/** Public clients of the API, how each is pointed at another server, and the endpoints it cannot do without. */
export interface KnownClient {
  name: string;
  /** How its base URL is set; `null` where it is written into its code and only the name service can change it. */
  baseUrl: string | null;
  /** Names of `endpoints.ts`, with `@version` where that client uses one version only, `METHOD` where one method. */
  needs: string;
}

export const knownClients: KnownClient[] = [
  {
    name: 'Notebook "Rescale User API reference", first edition',
    baseUrl: '`apibaseurl` in apiconfig',
    needs: 'U1 U3 C1 A1 B1 J1@v2 J2@v2 J3@v2 J4 J5@v2 J6@v2 J10@v2 J11 J12@v2 F2.POST@v2 F3@v2 F6@v2 F7',
  },
  {
    name: 'The same notebook, edition of 2023',
    baseUrl: '`apibaseurl` in apiconfig',
    needs:
      'U1 U3 C1 A1 B1 J1@v2 J2@v2 J3@v2 J4 J5@v2 J6@v2 J7@v2 J10@v2 J11 J12@v2 J14 F1@v2 F2.POST@v2 F3@v2 F5@v2 F6@v2 F7',
  },
  {
    name: 'nf-rescale-hpc (Nextflow plugin)',
    baseUrl: '`RESCALE_PLATFORM_URL` in `nextflow.config`',
    needs: 'U3 J2@v2 J6@v2 J7@v2 J10@v2 J21@v2 J22@v2 F2.POST@v2',
  },
  {
    name: 'rescale-api-example, scheduler-integration-api',
    baseUrl: 'lines 2 and 3 of apiconfig, or `--platform`',
    needs:
      'U1 C1 A1 J1@v2 J2@v2 J3@v2 J6@v2 J7@v2 J9@v2 J10@v2 J12@v2 J14 J22@v2 S1@v2 S2@v2 S3@v2 S4@v2 S5@v2 R7 K8 F2.POST@v2 F6@v2',
  },
  {
    name: 'rescale-rest-api (shell and Python)',
    baseUrl: 'lines 2 and 3 of apiconfig',
    needs: 'J2@v2 J6@v2 J10@v2 J12@v2 R7 F2.POST@v2 F6@v2',
  },
  {
    name: 'python-sdk (v3)',
    baseUrl: '`RESCALE_API_URL`, or `apiurl` in apiconfig',
    needs:
      'C2 J1@v3 J2@v3 J3@v3 J5@v3 J6@v3 J10@v3 J12@v3 J17 J18 J19 T1@v3 J22@v3 S1@v3 S2@v3 S3@v3 S4@v3 S5@v3 K1 K3 K6 F1@v3 F2.PUT@v3 F3@v3 F6@v3',
  },
  {
    name: 'DOE example client',
    baseUrl: '`RESCALE_BASE_URL`',
    needs: 'U1 J2@v2 J3@v2 J6@v2 J7@v2 J10@v2 J13 F2.POST@v2',
  },
  {
    name: 'rescalepy',
    baseUrl: null,
    needs: 'U0@v2 C1 A1 J2@v2 J3@v2 J4.PATCH J6@v2 J10@v2 J12@v2 J13 F2.POST@v2 F6@v2',
  },
  {
    name: 'reschpc',
    baseUrl: null,
    needs: 'C1 A1 J1@v2 J2@v2 J3@v2 J5@v2 J6@v2 J12@v2 F2.POST@v2 F5@v2 F6@v2',
  },
  { name: 'mass-submit-jobs (uploads by the Java CLI)', baseUrl: null, needs: 'J2@v2 J6@v2' },
  {
    name: 'rs (Go)',
    baseUrl: null,
    needs: 'C1 A2 J1@v2 J2@v2 J6@v2 J12@v2 F1@v3 F2.POST@v2 F3@v2 F5@v2 F6@v2 F7',
  },
  {
    name: 'Python client of 2026',
    baseUrl: null,
    needs: 'U1 C1 A1 J2@v2 J6@v2 J10@v2 J12@v2 J13 F2.POST@v2 F6@v2',
  },
  {
    name: 'Crash-simulation scripts of 2026',
    baseUrl: '`--base-url`, or `RESCALE_API_BASE_URL`',
    needs: 'J1@v2 J2@v2 J3@v2 J4.PATCH J6@v2 J10@v2 J12@v2 J20@v2 J21@v2 F2.POST@v2',
  },
  {
    name: 'docopt CLI on v3',
    baseUrl: '`RESCALE_PLATFORM`',
    needs: 'J1@v3 J2@v3 J3@v3 J5@v3 J6@v3 J7@v3 J9@v3 J10@v3 R5@v3 F1@v3 F3@v3 F4@v3 C2 A3',
  },
  {
    name: 'API_Wizard scripts',
    baseUrl: 'lines 2 and 3 of apiconfig',
    needs: 'B1 C1 A1 J2@v2 J5@v2 J6@v2 J10@v2 J12@v2 F2.POST@v2 F6@v2',
  },
  {
    name: 'Rescale Interlink (Go)',
    baseUrl: null,
    needs:
      'U2 U3 U4 C1 C2 A1 A3 J1@v3 J2@v3 J3@v3 J5@v3 J6@v2 J7@v3 J10@v3 J12@v2 J13 J20@v3 J21@v3 R5@v2 F1@v3 F3@v3 F5@v3 F8 F9 D2 D3 D4 D5 D6 D7 X1 O1 O2 AU',
  },
];
