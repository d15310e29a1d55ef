//! Which compiled version of the kernels runs.

/// A compiled version of the hot kernels. All give the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// What every x86-64 has (and, elsewhere, whatever the target has).
    Baseline,
    /// AVX2.
    Avx2,
}

impl Kernel {
    /// The name of the environment variable that forces a version: `baseline` or `avx2`.
    pub const VARIABLE: &'static str = "EMBODY_KERNEL";

    /// The fastest version that this machine has, unless [`Kernel::VARIABLE`] asks for another one.
    ///
    /// A version that the machine lacks falls back to the fastest: the results are the same.
    pub fn detect() -> Kernel {
        let asked = std::env::var(Self::VARIABLE);
        if asked.as_deref() == Ok("baseline") || !Kernel::Avx2.is_available() { Kernel::Baseline } else { Kernel::Avx2 }
    }

    /// Looks at [`Kernel::VARIABLE`]: an error names what it may hold.
    pub fn check_variable() -> Result<(), String> {
        match std::env::var(Self::VARIABLE) {
            Ok(name) if name == "baseline" || name == "avx2" => Ok(()),
            Err(std::env::VarError::NotPresent) => Ok(()),
            found => Err(format!("{}: expected baseline or avx2, found {:?}", Self::VARIABLE, found.unwrap_or_default())),
        }
    }

    /// Whether this machine can run it.
    pub fn is_available(self) -> bool {
        match self {
            Kernel::Baseline => true,
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx2 => std::arch::is_x86_feature_detected!("avx2"),
            #[cfg(not(target_arch = "x86_64"))]
            Kernel::Avx2 => false,
        }
    }
}

/// Compiles the `#[inline(always)]` function `$body` for each [`Kernel`] and calls the version that is asked for:
/// `dispatch!(kernel, body::<T>(a: A, b: B) -> R)`.
macro_rules! dispatch {
    ($kernel:expr, $body:ident $(::<$generic:ident: $bound:path>)? ($($arg:ident: $type:ty),* $(,)?) $(-> $result:ty)?) => {{
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2")]
        #[allow(clippy::too_many_arguments)]
        fn avx2 $(<$generic: $bound>)? ($($arg: $type),*) $(-> $result)? {
            $body($($arg),*)
        }
        match $kernel {
            #[cfg(target_arch = "x86_64")]
            $crate::numeric::Kernel::Avx2 if $crate::numeric::Kernel::Avx2.is_available() => {
                // SAFETY: the guard has just seen that this machine has AVX2.
                unsafe { avx2($($arg),*) }
            }
            _ => $body($($arg),*),
        }
    }};
}
pub(crate) use dispatch;
