//! What the engine counts on its way, for the quality report and the file metadata.

/// Declares the counters once.
macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// All counts are of retained trades unless the name says otherwise.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Counters {
            $($(#[$doc])* pub $name: u64,)*
        }

        $crate::persist::persist!(Counters { $($name),* });

        impl Counters {
            /// Names and values, in a fixed order.
            pub fn entries(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name),)*]
            }
        }
    };
}

counters! {
    /// Rows of the table.
    rows,
    /// Trades whose side the file did not know.
    unknown_sides,
    /// Of these, the ones that got the sign of a buy or a sell.
    replaced_sides,
    /// Trades dropped by `side_fallback=drop`.
    dropped_sides,
    /// Rows without a trade id.
    missing_ids,
    /// Runs of whole minutes without a trade.
    gaps,
    /// Those longer than `gap_reset_min`.
    gap_resets,
    /// Bars closed, flat ones included.
    bars,
    /// Of these, the flat ones.
    flat_bars,
    /// Rows before the first visible depth snapshot.
    rows_without_book,
    /// Rows whose snapshot is older than `max_depth_age_ms`.
    rows_with_stale_book,
    /// Rows whose snapshot is fresh but crossed, locked or one-sided.
    rows_with_invalid_book,
    /// Depth snapshots that at least one trade could see.
    books_seen,
    /// Liquidations that at least one trade could see.
    liquidations_seen,
}

impl Counters {
    /// One JSON object.
    pub fn json(&self) -> String {
        let fields: Vec<_> = self.entries().iter().map(|(name, n)| format!(r#""{name}":{n}"#)).collect();
        format!("{{{}}}", fields.join(","))
    }
}
