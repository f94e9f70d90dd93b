//! What rewards are paid from before anything is minted.

/// A fund that pays a share of itself to each block's author. Pallets do not name one another: the runtime says which
/// fund that is.
pub trait RewardFund<Credit> {
    /// Takes the share of a block out of the fund.
    fn take_share() -> Credit;
    /// Puts back what could not be paid.
    fn give_back(share: Credit);
}
