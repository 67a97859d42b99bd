//! The state: what koctl made, scope by scope.
