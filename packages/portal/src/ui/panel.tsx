import type { ReactNode } from 'react';
import styles from './panel.module.css';

interface PanelProps {
  title: string;
  children: ReactNode;
  tone?: 'plain' | 'failure' | 'warning';
}

/** One question and its answer. */
export function Panel({ title, tone = 'plain', children }: PanelProps) {
  return (
    <section className={styles.panel} data-tone={tone}>
      <h2 className={styles.title}>{title}</h2>
      {children}
    </section>
  );
}
