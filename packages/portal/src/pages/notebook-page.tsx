import { Reach } from '../components/clusters/reach.tsx';

/** Where clients look for the notebook of a cluster: how to reach what a job on it serves. */
export function NotebookPage() {
  return <Reach what="notebook" />;
}
