import { useEffect, useState } from 'react';
import type { MeshClient } from './mesh-client.ts';
import type { ArrayInfo, ShownValues } from './messages.ts';

interface ValuesState {
  /** Of which mesh, array and component they are. */
  key: readonly unknown[];
  values: ShownValues | null;
  error: unknown;
}

/** The values of an array on the surface; null until they are there. */
export function useValues(client: MeshClient, array: ArrayInfo | null, component: number) {
  const [state, setState] = useState<ValuesState>({ key: [], values: null, error: null });
  const association = array?.association;
  const name = array?.name;
  useEffect(() => {
    if (association === undefined || name === undefined) {
      return;
    }
    let isLeft = false;
    const key = [client, association, name, component];
    client.ask({ kind: 'values', association, name, component }).then(
      (values) => !isLeft && setState({ key, values, error: null }),
      (error: unknown) => !isLeft && setState({ key, values: null, error }),
    );
    return () => {
      isLeft = true;
    };
  }, [client, association, name, component]);
  const isCurrent =
    state.key[0] === client &&
    state.key[1] === association &&
    state.key[2] === name &&
    state.key[3] === component;
  return isCurrent ? state : { values: null, error: null };
}
