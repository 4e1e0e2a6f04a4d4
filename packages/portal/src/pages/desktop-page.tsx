import { Reach } from '../components/clusters/reach.tsx';

/** Where clients look for the desktop of a cluster, which there is none of: how to reach what a job on it serves. */
export function DesktopPage() {
  return <Reach what="desktop" />;
}
