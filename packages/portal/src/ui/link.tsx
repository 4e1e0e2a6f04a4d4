import { Link as RouterLink } from '@tanstack/react-router';
import type { ComponentProps, ComponentType, ReactNode } from 'react';
import type { Search } from './search.ts';

interface LinkProps extends Omit<ComponentProps<'a'>, 'href'> {
  /** Made by `paths`. */
  to: string;
  search?: Search;
  /** Where a link below this one is not this one. */
  activeOptions?: { exact: boolean };
  children?: ReactNode;
}

/** A link to a page of the portal; links elsewhere are plain anchors. Addresses are checked by `paths`, not by the router. */
export const Link = RouterLink as unknown as ComponentType<LinkProps>;
